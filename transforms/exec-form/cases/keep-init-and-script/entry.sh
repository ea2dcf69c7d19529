#!/bin/sh
exec python x.py
