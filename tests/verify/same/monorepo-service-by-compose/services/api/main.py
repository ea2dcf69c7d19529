from libs.greeting import text

print(text())
