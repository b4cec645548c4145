# Helpers of the tests of templates.

teardown_file() {
	file_teardown
}

restored() {
	moat inspect "$1" | jq -r '.[0].Moat.Restored'
}

# made: how often a template was made in this root.
made() {
	grep -c ' template .* made in ' "$MOAT_ROOT/moatd.log" || true
}

templates() {
	moat system template ls -q
}

# template_dir: the folder of the only template, when all of it is on the disk.
template_dir() {
	local dirs=("$MOAT_ROOT"/templates/[0-9a-f]*)
	[ "${#dirs[@]}" -eq 1 ] && [ -s "${dirs[0]}/template.json" ] && echo "${dirs[0]}"
}

kept_template() {
	moat system template build >/dev/null
	poll template_dir
	template_dir
}

# remove_template_of CPUS: fails while it is not all on the disk.
remove_template_of() {
	local key
	key=$(moat system template ls --format json | jq -r --arg n "$1" 'select(.Cpus == $n) | .Key')
	[ -n "$key" ] && moat system template rm "$key"
}

nothing_half_made() {
	[ -z "$(find "$MOAT_ROOT/templates" -mindepth 1 -maxdepth 1 -name '.*')" ]
}

# no_maker: no process that makes a template is left.
no_maker() {
	[ -z "$(users_of "$MOAT_ROOT/templates")" ]
}

# memory_of_moatd: the template's memory as moatd holds it, which machines map.
memory_of_moatd() {
	local fd pid
	pid=$(moatd_pid)
	for fd in "/proc/$pid/fd"/*; do
		if [[ $(readlink "$fd") == /memfd:moat-template* ]]; then
			echo "$fd"
			return
		fi
	done
	return 1
}

# sum FILE: of its size and what is not zero in it, which is little of a machine's memory.
sum() {
	python3 - "$1" <<-'PY'
		import hashlib, os, sys

		PAGE, PIECE = 4096, 1 << 20
		fd = os.open(sys.argv[1], os.O_RDONLY)
		size = os.fstat(fd).st_size
		digest = hashlib.sha256(b"%d" % size)
		at = 0
		while at < size:
		    try:
		        at = os.lseek(fd, at, os.SEEK_DATA)
		    except OSError:  # a hole to the end
		        break
		    end = os.lseek(fd, at, os.SEEK_HOLE)
		    while at < end:
		        piece = os.pread(fd, min(PIECE, end - at), at)
		        for i in range(0, len(piece), PAGE):
		            page = piece[i:i + PAGE]
		            if page.strip(b"\0"):
		                digest.update(b"%d" % (at + i) + page)
		        at += len(piece)
		print(digest.hexdigest())
	PY
}

# damage FILE: other bytes in the middle of it.
damage() {
	local size
	size=$(stat -c %s "$1")
	printf 'damaged by a test' | dd of="$1" bs=1 seek=$((size / 2)) conv=notrunc status=none
}

# assert_replaced: the next start throws the template away, makes another and is restored from that.
assert_replaced() {
	local before
	before=$(made)
	run moat run --name after "$BUSYBOX" echo fine
	assert_status 0
	assert_equal "$output" fine
	assert_equal "$(restored after)" true
	assert_equal "$(made)" $((before + 1))
	moat rm after
	kept_template
	nothing_half_made
}

# stop_moatd: until its lock is free, so that the next one can start and reads the template from the disk.
stop_moatd() {
	moat system stop
	poll flock -n "$MOAT_ROOT/moatd.lock" true
}
