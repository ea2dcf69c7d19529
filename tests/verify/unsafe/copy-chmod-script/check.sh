#!/bin/sh
test -x /usr/local/bin/tool.sh
