#!/bin/sh
curl -fsS https://backup.example.com/run
