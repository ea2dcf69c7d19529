FROM debian:bookworm
RUN mkdir -p /etc/app && echo "host = `uname -s`" >> /etc/app/app.conf
COPY app.conf /etc/app/
