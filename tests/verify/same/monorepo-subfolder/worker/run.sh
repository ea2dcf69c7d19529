#!/bin/sh
cat shared/queues.txt
