FROM debian:bookworm
ENV LOGS="C:\logs\ and more"
