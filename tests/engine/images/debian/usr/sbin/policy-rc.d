#!/bin/sh
# As in the official image: no service is started in a build.
exit 101
