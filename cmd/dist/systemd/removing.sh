#!/bin/sh
# Before the files go. dpkg says "remove", rpm says how many versions stay: 0. At an upgrade the service runs on.
set -e
case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now pixel-playground.service || true
	fi
	;;
esac
