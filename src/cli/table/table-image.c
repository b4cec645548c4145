/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/table/table-options.h"
#include "cli/table/table.h"

static const struct option_def pull_options[] = {
	{ 'a', "all-platforms", NULL,
	  "Keep the image for all platforms, to push or save it again" },
	{ 0, "arch", "ARCH", "Architecture to pull, e.g. arm64" },
	{ 0, "max-concurrent-downloads", "N", "Layers to download at a time (default 3)" },
	{ 0, "os", "OS", "Operating system to pull: linux" },
	{ 0, "platform", "OS/ARCH", "Platform to pull, e.g. linux/arm64" },
	PROGRESS_OPTION,
	{ 'q', "quiet", NULL, "Print only the image's full name" },
	SCHEME_OPTION,
	{ 0, "verify", "KEY",
	  "Refuse an image that has no signature of cosign's by this public key (PEM)" },
	{ 0 }
};

static const struct option_def push_options[] = {
	{ 'a', "all-platforms", NULL,
	  "Push the image for all platforms, as it was pulled with -a" },
	PROGRESS_OPTION,
	{ 'q', "quiet", NULL, "Print only the image's full name" },
	SCHEME_OPTION,
	{ 0 }
};

static const struct option_def ls_options[] = {
	{ 'a', "all", NULL, "As docker's; moat keeps no intermediate images" },
	{ 0, "digests", NULL, "Show digests too" },
	FILTER_OPTION,
	FORMAT_OPTION,
	NO_TRUNC_OPTION,
	{ 'q', "quiet", NULL, "Show ids only" },
	{ 0, "sizes", NULL, "Show what images take on the disk, and what of it others have too" },
	{ 0, "tree", NULL, "Show the platforms of images, and their layers" },
	{ 0 }
};

static const struct option_def rm_options[] = {
	{ 'f', "force", NULL,
	  "Take the last name of an image that containers use, too, or all names of it" },
	{ 0 }
};

static const struct option_def load_options[] = {
	{ 'i', "input", "PATH", "Read from a file or a folder instead of standard input" },
	{ 0, "platform", "OS/ARCH",
	  "Load this platform's images, e.g. linux/arm64, and no others" },
	PROGRESS_OPTION,
	{ 'q', "quiet", NULL, "Show no progress" },
	{ 0 }
};

static const struct option_def save_options[] = {
	{ 'a', "all-platforms", NULL,
	  "Save the image for all platforms, as it was pulled with -a" },
	{ 'o', "output", "FILE", "Write to a file instead of standard output" },
	{ 0, "platform", "OS/ARCH", "Save one platform of an image that was pulled with -a" },
	{ 0 }
};

static const struct option_def import_options[] = {
	{ 'c', "change", "INSTRUCTION", "Set the image's config, as a Dockerfile does" },
	{ 'm', "message", "TEXT", "Comment for the image's history" },
	{ 0, "platform", "OS/ARCH", "Platform the files are for" },
	{ 0 }
};

static const struct option_def prune_options[] = { { 'a', "all", NULL,
						     "Remove images that have a name too" },
						   PRUNE_FILTER_OPTION,
						   FORCE_OPTION,
						   { 0 } };

static const struct option_def history_options[] = {
	FORMAT_OPTION,
	{ 'H', "human", NULL, "Sizes and dates as people read them; on unless =false" },
	NO_TRUNC_OPTION,
	{ 'q', "quiet", NULL, "Show ids only" },
	{ 0 }
};

static const struct option_def inspect_options[] = { FORMAT_OPTION_('f'), { 0 } };

static const struct example pull_examples[] = { { "moat pull debian:12", "From Docker Hub." },
						{ "moat pull localhost:5000/app",
						  "From a registry on this host, without TLS." },
						{ 0 } };

static const struct example push_examples[] = {
	{ "moat image tag app localhost:5000/app && moat push localhost:5000/app",
	  "To a registry on this host, without TLS." },
	{ 0 }
};

static const struct example load_examples[] = {
	{ "moat image load -i app.tar",
	  "What 'docker save' or 'skopeo copy … oci-archive:' wrote." },
	{ "moat image load -i layout/", "What 'skopeo copy … oci:layout:app' wrote." },
	{ 0 }
};

static const struct example import_examples[] = {
	{ "mmdebstrap bookworm - | moat image import - debian:own", "A new Debian as an image." },
	{ 0 }
};

const struct command image_commands[] = {
	{ .name = "pull",
	  .synopsis = "[OPTIONS] IMAGE",
	  .summary = "Fetch an image from a registry",
	  .description =
		  "Without a registry in its name an image comes from Docker Hub; without a "
		  "tag or digest it is the one tagged latest. A pull that ends early leaves what "
		  "it has for the next one.",
	  .options = pull_options,
	  .examples = pull_examples,
	  .run = command_pull,
	  .min_args = 1,
	  .max_args = 1,
	  .args = ARG_IMAGE },
	{ .name = "push",
	  .synopsis = "[OPTIONS] IMAGE",
	  .summary = "Bring an image to a registry",
	  .description = "The image's name says to which registry; without one that is Docker Hub, "
			 "and without a tag it is the one tagged latest. What the registry has "
			 "already is not sent again, and what is cut goes on where it was.",
	  .options = push_options,
	  .examples = push_examples,
	  .run = command_push,
	  .min_args = 1,
	  .max_args = 1,
	  .args = ARG_IMAGE },
	{ .name = "image ls",
	  .synopsis = "[OPTIONS] [NAME]",
	  .summary = "List images",
	  .description = "Lists all images, or those of one name.",
	  .options = ls_options,
	  .run = command_image_ls,
	  .max_args = 1,
	  .args = ARG_IMAGE },
	{ .name = "image inspect",
	  .synopsis = "[OPTIONS] IMAGE...",
	  .summary = "Show everything about images",
	  .description = "Prints a JSON array with an object for each image.",
	  .options = inspect_options,
	  .run = command_image_inspect,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_IMAGE },
	{ .name = "image rm",
	  .synopsis = "[OPTIONS] IMAGE...",
	  .summary = "Remove images",
	  .description = "Removes a name of an image, and the image with its last name. An image "
			 "that a container uses is kept.",
	  .options = rm_options,
	  .run = command_image_rm,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_IMAGE },
	{ .name = "image prune",
	  .synopsis = "[OPTIONS]",
	  .summary = "Remove images that have no name",
	  .description = "With -a every image is removed that no container uses.",
	  .options = prune_options,
	  .run = command_image_prune },
	{ .name = "image tag",
	  .synopsis = "IMAGE NAME",
	  .summary = "Give an image another name",
	  .description = "The image keeps the names it has.",
	  .run = command_image_tag,
	  .min_args = 2,
	  .max_args = 2,
	  .args = ARG_IMAGE },
	{ .name = "image load",
	  .synopsis = "[OPTIONS]",
	  .summary = "Read images from an archive",
	  .description =
		  "Takes an OCI or docker archive, from standard input or a file, "
		  "or a folder that is an OCI layout. An image for several platforms is kept "
		  "for all of them where the archive has all, to push or save it again.",
	  .options = load_options,
	  .examples = load_examples,
	  .run = command_image_load },
	{ .name = "image save",
	  .synopsis = "[OPTIONS] IMAGE...",
	  .summary = "Write images to an archive",
	  .description =
		  "Writes a tar archive to standard output or a file, that 'moat load', "
		  "'docker load', skopeo and podman read. All of it is looked at first: where "
		  "some is missing or damaged, nothing is written.",
	  .options = save_options,
	  .run = command_image_save,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_IMAGE },
	{ .name = "image import",
	  .synopsis = "[OPTIONS] FILE|- [NAME]",
	  .summary = "Make an image of a root filesystem's tar archive",
	  .description = "The archive may be compressed. The image has one layer and no command, "
			 "unless one is given with --change.",
	  .options = import_options,
	  .examples = import_examples,
	  .run = command_image_import,
	  .min_args = 1,
	  .max_args = 2,
	  .args = ARG_FILE },
	{ .name = "image verify",
	  .synopsis = "[IMAGE...]",
	  .summary = "Look whether images are as they came",
	  .description =
		  "Reads all that is kept of the images, or of all there are, and measures it "
		  "against its digests. What is damaged is removed, and fetched again by the next "
		  "pull of the image.",
	  .run = command_image_verify,
	  .max_args = ARGS_ANY,
	  .args = ARG_IMAGE },
	{ .name = "image history",
	  .synopsis = "[OPTIONS] IMAGE",
	  .summary = "Show how an image was made",
	  .description = "Lists the steps recorded in the image, the last one first.",
	  .options = history_options,
	  .run = command_image_history,
	  .min_args = 1,
	  .max_args = 1,
	  .args = ARG_IMAGE },
	{ 0 }
};
