print("wrapped")
