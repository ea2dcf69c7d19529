print("flask==3.0.3")
