// Sign an image in a registry with Sigstore's own packages, by a key, and attach the bundle to it.
//
//   node sign.js HOST/REPOSITORY DIGEST KEY
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const { bundleToJSON } = require('@sigstore/bundle');
const { attachArtifactToImage } = require('@sigstore/oci');
const { DSSEBundleBuilder } = require('@sigstore/sign');

const [image, digest, path] = process.argv.slice(2);
const kind = 'https://sigstore.dev/cosign/sign/v1';
const statement = {
	_type: 'https://in-toto.io/Statement/v1',
	subject: [{ name: '', digest: { sha256: digest.replace('sha256:', '') }, annotations: {} }],
	predicateType: kind,
	predicate: {},
};

const signer = {
	async sign(data) {
		const key = crypto.createPrivateKey(fs.readFileSync(path));
		const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
		const publicKey = crypto.createPublicKey(key).export({ type: 'spki', format: 'pem' });
		return { key: { $case: 'publicKey', hint: 'key', publicKey }, signature: crypto.sign(hash, data, key) };
	},
};

async function main() {
	const builder = new DSSEBundleBuilder({ signer, witnesses: [] });
	const bundle = await builder.create({ type: 'application/vnd.in-toto+json', data: Buffer.from(JSON.stringify(statement)) });
	await attachArtifactToImage({
		imageName: image,
		imageDigest: digest,
		artifact: Buffer.from(JSON.stringify(bundleToJSON(bundle))),
		mediaType: bundle.mediaType,
		annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope', 'dev.sigstore.bundle.predicateType': kind },
	});
}

main();
