#!/bin/sh
exec zip -qr - /data
