#!/bin/sh
envsubst < /etc/nginx/t > /etc/nginx/nginx.conf
exec nginx -g "daemon off;"
