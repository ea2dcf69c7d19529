from setuptools import setup

setup(name="service", version="1.0.0")
