// CollectivesTests
