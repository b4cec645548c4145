// What a program written with dockerode does, with the container server named by DOCKER_HOST.
//
//   node client.js IMAGE
'use strict';
const { PassThrough } = require('stream');
const { once } = require('events');
const Docker = require('dockerode');

const image = process.argv[2];
const docker = new Docker({ socketPath: process.env.DOCKER_HOST.replace('unix://', '') });

function check(what, value, expected) {
	if (JSON.stringify(value) !== JSON.stringify(expected))
		throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(value)}`);
}

function gather(stream) {
	const parts = [];
	stream.on('data', part => parts.push(part));
	return () => Buffer.concat(parts).toString();
}

// Both outputs of a multiplexed stream, once it has ended.
async function demux(container, stream) {
	const out = new PassThrough(), err = new PassThrough();
	const texts = [gather(out), gather(err)];
	container.modem.demuxStream(stream, out, err);
	await Promise.race([once(stream, 'end'), once(stream, 'close')]);
	return texts.map(text => text());
}

async function attachAndHijack() {
	const container = await docker.createContainer({
		Image: image, OpenStdin: true, StdinOnce: true, AttachStdin: true,
		Cmd: ['sh', '-c', 'read line; echo "got $line"; cat | wc -c; echo oops >&2; exit 9'],
	});
	const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
	const texts = demux(container, stream);
	await container.start();
	stream.write('word\n');
	stream.end(Buffer.alloc(1000000, 'x'));
	check('attach', await texts, ['got word\n1000000\n', 'oops\n']);
	check('wait', (await container.wait()).StatusCode, 9);
	await container.remove();
}

async function execs(container) {
	const both = { AttachStdout: true, AttachStderr: true };
	let exec = await container.exec({ Cmd: ['sh', '-c', 'echo out; echo err >&2; exit 3'], ...both });
	// Without hijack no upgrade is asked for: the output is the body.
	check('exec', await demux(container, await exec.start({})), ['out\n', 'err\n']);
	check('exec code', (await exec.inspect()).ExitCode, 3);
	exec = await container.exec({ Cmd: ['cat'], AttachStdin: true, ...both });
	const stream = await exec.start({ hijack: true, stdin: true });
	const texts = demux(container, stream);
	stream.end('through');
	check('exec stdin', await texts, ['through', '']);
	exec = await container.exec({ Cmd: ['sh', '-c', 'test -t 0 && echo terminal'], Tty: true, AttachStdout: true });
	const tty = await exec.start({ Tty: true, hijack: true });
	const text = gather(tty);
	await once(tty, 'end');
	check('exec tty', text(), 'terminal\r\n');
}

async function followLogs(container) {
	const stream = await container.logs({ follow: true, stdout: true, stderr: true });
	const lines = gather(stream);
	while ((lines().match(/tick/g) || []).length < 3)
		await once(stream, 'data');
	stream.destroy();
	const text = await container.logs({ stdout: true, tail: 1 });
	check('logs', text.toString().includes('tick'), true);
}

async function watch(events) {
	const seen = [];
	events.on('data', data => data.toString().split('\n').filter(line => line)
		.forEach(line => seen.push(JSON.parse(line).Action)));
	const container = await docker.createContainer({ Image: image, Cmd: ['true'], name: 'watched' });
	await container.start();
	await container.wait();
	await container.remove();
	while (!seen.includes('destroy'))
		await once(events, 'data');
	events.destroy();
	check('events', seen, ['create', 'start', 'die', 'destroy']);
}

async function main() {
	check('ping', (await docker.ping()).toString(), 'OK');
	await attachAndHijack();
	await watch(await docker.getEvents({ filters: { type: ['container'], container: ['watched'] } }));
	const container = await docker.createContainer({
		Image: image, name: 'node', Cmd: ['sh', '-c', 'while :; do echo tick; sleep 0.2; done'],
	});
	await container.start();
	await execs(container);
	await followLogs(container);
	const attached = await container.attach({ stream: true, stdout: true, stderr: true });
	const output = gather(attached);
	while (!output().includes('tick'))
		await once(attached, 'data');
	attached.destroy();
	const stats = await container.stats({ stream: false });
	check('stats', stats.memory_stats.usage > 0 && stats.cpu_stats.online_cpus > 0, true);
	check('list', (await docker.listContainers({ filters: { name: ['node'] } })).map(c => c.Names), [['/node']]);
	await container.stop({ t: 0 });
	await container.remove();
	await docker.getContainer('node').inspect().then(
		() => { throw new Error('a removed container is still there'); },
		error => check('inspect', error.statusCode, 404));
}

main().catch(error => { console.error(error); process.exit(1); });
