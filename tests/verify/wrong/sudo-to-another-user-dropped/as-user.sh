#!/bin/sh
# sudo -u USER COMMAND
user=$2
shift 2
exec runuser -u "$user" -- "$@"
