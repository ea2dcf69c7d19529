FROM debian:bookworm
ENV NAME=world
RUN export NAME=nobody && test "$NAME" = nobody \
    && echo "hello $NAME" > /srv/greeting
