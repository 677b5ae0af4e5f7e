# Starts Redis with the passwords of the Secret, and has it follow them. They come to it by
# its input, where no list of processes shows them.
set -eu
. /etc/redis/secrets.sh

pass_on() { :; } # it is alone
first_passwords
follow 6379 &
exec redis-server /etc/redis/redis.conf - << END
user default on $(taken) ~* &* +@all
END
