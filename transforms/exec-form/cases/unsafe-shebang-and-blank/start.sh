#! /bin/sh
exec app
