// AstroMAE
