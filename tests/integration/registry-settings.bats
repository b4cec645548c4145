#!/usr/bin/env bats
# How registries are reached: the settings' file, mirrors, TLS with certificates of one's own, proxies, --scheme.

load lib

setup_file() {
	file_setup
	export MOAT_CONFIG=$SUITE/settings.json CERTS=$SUITE/certs
	settings '{}'
	make_certificates
	start_proxy
	start_tls_registry
	# In an environment that names a proxy, as a user's may.
	export http_proxy=http://127.0.0.1:$(cat "$SUITE/proxy-port") no_proxy=direct.invalid,10.0.0.0/8
	start_moatd
	unset http_proxy no_proxy
}

teardown_file() {
	file_teardown
}

# settings JSON: what moatd's settings are from now on.
settings() {
	printf '%s\n' "$1" >"$SUITE/settings.new"
	mv "$SUITE/settings.new" "$MOAT_CONFIG"
}

teardown() {
	settings '{}'
}

# An authority, a server's certificate for localhost, and a client's.
make_certificates() {
	local name
	mkdir -p "$CERTS" "$SUITE/certs.d"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=moat-test-ca -keyout "$CERTS/ca.key" -out "$CERTS/ca.crt" 2>/dev/null
	for name in server client; do
		openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$CERTS/$name.key" -out "$CERTS/$name.csr" 2>/dev/null
		openssl x509 -req -in "$CERTS/$name.csr" -CA "$CERTS/ca.crt" -CAkey "$CERTS/ca.key" -CAcreateserial -days 2 \
			-extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out "$CERTS/$name.crt" 2>/dev/null
	done
}

start_proxy() {
	python3 "$TESTS/integration/forwardproxy.py" "$REGISTRY" "$SUITE/proxy-port" >"$SUITE/proxy.log" 2>&1 3>&- &
	disown
	poll test -s "$SUITE/proxy-port"
}

# serve NAME ADDRESS YAML: a registry of its own.
serve() {
	cat >"$SUITE/$1.yml" <<-YML
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $SUITE/$1}}
		$3
	YML
	docker-registry serve "$SUITE/$1.yml" >"$SUITE/$1.log" 2>&1 3>&- &
	disown
	poll bash -c "exec 9<>/dev/tcp/${2%:*}/${2##*:}"
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# One with TLS and tokens, one that wants a certificate from its clients.
start_tls_registry() {
	local port mutual tls="certificate: $CERTS/server.crt, key: $CERTS/server.key"
	python3 "$TESTS/integration/tokenserver.py" "$CERTS/server.crt" "$CERTS/server.key" "$SUITE/token-port" \
		>"$SUITE/token.log" 2>&1 3>&- &
	disown
	poll test -s "$SUITE/token-port"
	port=$(free_port)
	serve tls "127.0.0.1:$port" "http: {addr: \"127.0.0.1:$port\", tls: {$tls}}
auth: {token: {realm: \"https://localhost:$(cat "$SUITE/token-port")/token\", service: moat, issuer: moat-test, rootcertbundle: $CERTS/server.crt}}"
	export TLS=localhost:$port TOKENS=localhost:$(cat "$SUITE/token-port")
	mutual=$(free_port)
	serve mutual "127.0.0.1:$mutual" "http: {addr: \"127.0.0.1:$mutual\", tls: {$tls, clientcas: [$CERTS/ca.crt]}}"
	export MUTUAL=localhost:$mutual
	skopeo --insecure-policy copy -q --dest-tls-verify=false --dest-creds me:secret "oci:$SUITE/images/good/busybox:latest" "docker://$TLS/test/busybox"
	copy_to_mutual
}

copy_to_mutual() {
	mkdir -p "$CERTS/pair"
	cp "$CERTS/ca.crt" "$CERTS/pair/"
	cp "$CERTS/client.crt" "$CERTS/pair/client.cert"
	cp "$CERTS/client.key" "$CERTS/pair/"
	skopeo --insecure-policy copy -q --dest-cert-dir "$CERTS/pair" "oci:$SUITE/images/good/busybox:latest" "docker://$MUTUAL/test/busybox"
}

# trusts HOST: its authority is in certs.d.
trusts() {
	mkdir -p "$SUITE/certs.d/$1"
	cp "$CERTS/ca.crt" "$SUITE/certs.d/$1/"
}

with_folder() {
	settings "{\"certificate-folders\": [\"$SUITE/certs.d\"]}"
}

pulls() {
	moat pull -q "$@"
	moat image rm "${@: -1}"
}

@test "settings: a file that is wrong is named, with what is wrong in it" {
	settings '{"registry-mirors": []}'
	run moat pull "$BUSYBOX"
	assert_error 1 "$MOAT_CONFIG" 'no setting "registry-mirors"'
	settings '{'
	run moat pull "$BUSYBOX"
	assert_error 1 "$MOAT_CONFIG"
}

@test "settings: moatd does not start with a file that is not there" {
	run "$MOAT_BUILD/moatd" --root "$SUITE/nowhere" --config "$SUITE/nosuch.json"
	assert_error 1 "$SUITE/nosuch.json" "no such file"
}

@test "settings: TLS of a registry whose authority nobody knows is refused, with what to do" {
	with_folder
	run moat pull "$TLS/test/busybox"
	assert_error 1 "certs.d/$TLS/ca.crt" insecure-registries
}

@test "settings: TLS with an authority in certs.d, and tokens" {
	with_folder
	trusts "$TLS"
	trusts "$TOKENS"
	pulls "$TLS/test/busybox"
	pulls --scheme https "$TLS/test/busybox"
	run moat pull --scheme http "$TLS/test/busybox"
	assert_error 1 400
	grep -q "^ repository:test/busybox:pull" "$SUITE/token-port.log"
}

@test "settings: push over TLS with a token of the scopes it needs" {
	local digest
	with_folder
	trusts "$TLS"
	trusts "$TOKENS"
	moat pull -q "$BUSYBOX"
	moat tag "$BUSYBOX" "$TLS/pushed/busybox:1"
	export DOCKER_CONFIG=$BATS_TEST_TMPDIR
	printf '{"auths": {"%s": {"auth": "%s"}}}' "$TLS" "$(printf me:secret | base64)" >"$DOCKER_CONFIG/config.json"
	moat push -q "$TLS/pushed/busybox:1"
	digest=$(skopeo inspect --tls-verify=false --creds me:secret --format '{{.Digest}}' "docker://$TLS/pushed/busybox:1")
	assert_equal "$digest" "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$BUSYBOX")"
	grep -q "^me repository:pushed/busybox:pull,push" "$SUITE/token-port.log"
}

@test "settings: a registry that is named insecure is believed" {
	settings "{\"certificate-folders\": [\"$SUITE/none\"], \"insecure-registries\": [\"$TLS\", \"$TOKENS\"]}"
	pulls "$TLS/test/busybox"
	settings "{\"certificate-folders\": [\"$SUITE/none\"], \"registries\": {\"$TLS\": {\"insecure\": true}, \"$TOKENS\": {\"insecure\": true}}}"
	pulls "$TLS/test/busybox"
}

@test "settings: a client's certificate is taken from certs.d" {
	with_folder
	trusts "$MUTUAL"
	run moat pull "$MUTUAL/test/busybox"
	assert_status 1
	cp "$CERTS/client.crt" "$SUITE/certs.d/$MUTUAL/client.cert"
	run moat pull "$MUTUAL/test/busybox"
	assert_error 1 "client.cert has no key"
	cp "$CERTS/client.key" "$SUITE/certs.d/$MUTUAL/client.key"
	pulls "$MUTUAL/test/busybox"
}

@test "settings: a mirror is asked in place of Docker Hub, and the image has the Hub's name" {
	skopeo --insecure-policy copy -q --src-tls-verify=false --dest-tls-verify=false \
		"docker://$BUSYBOX" "docker://$REGISTRY/library/mirrored:1"
	settings "{\"registry-mirrors\": [\"http://localhost:1\", \"http://$REGISTRY\"]}"
	run moat pull --progress plain mirrored:1
	assert_status 0
	assert_has "Mirror localhost:1: "
	run moat image inspect --format '{{join .RepoTags " "}}' mirrored:1
	assert_has mirrored:1
	moat image rm mirrored:1
}

@test "settings: what a mirror has not comes from the next one, and mirrors may have a prefix" {
	settings "{\"registries\": {\"$REGISTRY\": {\"mirrors\": [\"$BAD_REGISTRY/missing\", \"http://$BAD_REGISTRY/corrupt\"]}}}"
	run moat pull "$BUSYBOX"
	assert_status 0
	skopeo --insecure-policy copy -q --src-tls-verify=false --dest-tls-verify=false \
		"docker://$BUSYBOX" "docker://$REGISTRY/cache/app/busybox:1"
	settings "{\"registries\": {\"*.example\": {\"mirrors\": [\"$REGISTRY/cache\"]}}}"
	pulls registry.example/app/busybox:1
}

@test "settings: the proxies of the environment are used for other hosts, and not for this one" {
	: >"$SUITE/proxy-port.log"
	pulls --scheme http "registry.invalid/test/busybox"
	grep -q "^http://registry.invalid/v2/test/busybox/manifests/latest" "$SUITE/proxy-port.log"
	: >"$SUITE/proxy-port.log"
	pulls "$BUSYBOX"
	run moat pull --scheme http direct.invalid/test/busybox
	assert_status 1
	[ ! -s "$SUITE/proxy-port.log" ]
}

@test "settings: the proxies of the settings count before those of the environment" {
	: >"$SUITE/proxy-port.log"
	settings '{"proxies": {"http-proxy": "http://127.0.0.1:1"}}'
	run moat pull --scheme http registry.invalid/test/busybox
	assert_status 1
	[ ! -s "$SUITE/proxy-port.log" ]
}

@test "settings: plain HTTP to another host only where it is asked for" {
	[ "$(id -u)" -eq 0 ] || skip "an address for it takes root"
	local there=10.9.8.7:5000
	ip addr add 10.9.8.7/32 dev lo
	serve plain "$there" "http: {addr: \"$there\"}"
	skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$SUITE/images/good/busybox:latest" "docker://$there/test/busybox"
	run moat pull "$there/test/busybox"
	assert_status 1
	pulls --scheme http "$there/test/busybox"
	settings "{\"registries\": {\"$there\": {\"scheme\": \"http\"}}}"
	pulls "$there/test/busybox"
	settings '{"insecure-registries": ["10.9.8.0/24"]}'
	pulls "$there/test/busybox"
	run moat pull --scheme ftp "$there/test/busybox"
	assert_error 1 "http, https or auto"
}
