from setuptools import setup

setup(name="app", version=open("VERSION").read().strip())
