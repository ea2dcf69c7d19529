#!/bin/sh
exec cat "$(dirname "$0")/lib/names"
