#!/bin/sh
cat packages.txt
