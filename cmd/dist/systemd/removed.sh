#!/bin/sh
# After the files are gone. The canvas stays in /var/lib/pixel-playground, even when the package is purged: it can't be made again.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
