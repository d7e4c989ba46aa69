print("photoz")
