import configparser

settings = configparser.ConfigParser()
settings.read("settings.ini")
print(settings["queue"]["name"])
