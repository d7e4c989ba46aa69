// AstroMAETests
