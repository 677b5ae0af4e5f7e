# Starts Redis with the Secret's passwords, and keeps it up to date with them. Redis gets
# them on stdin, where no list of processes shows them.
set -eu
. /etc/redis/secrets.sh

pass_on() { :; } # there is no other Redis to pass them on to
first_passwords
follow 6379 &
exec redis-server /etc/redis/redis.conf - << END
user default on $(taken) ~* &* +@all
END
