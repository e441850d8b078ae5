/** What the tests run against beside Tintype itself, as Debian packs it. */
import { existsSync } from "node:fs";

/** A package, and a file that is there once it is installed. */
export const debianPackages = [
  // The second store of the contract.
  ["radosgw", "/usr/bin/radosgw"],
  ["ceph-mon", "/usr/bin/ceph-mon"],
  ["ceph-osd", "/usr/bin/ceph-osd"],
  ["ceph-common", "/usr/bin/ceph"],
  ["ceph-base", "/usr/bin/monmaptool"],
  // The clients that drive the embedded store.
  ["awscli", "/usr/bin/aws"],
  ["s3cmd", "/usr/bin/s3cmd"],
  ["rclone", "/usr/bin/rclone"],
  ["python3-boto3", "/usr/lib/python3/dist-packages/boto3"],
  // A site that wrote its media into a bucket before Tintype came.
  ["python3-django", "/usr/lib/python3/dist-packages/django"],
];

/** Those of the packages that are not there. */
export const missingPackages = (packages) =>
  packages.filter(([, file]) => !existsSync(file)).map(([name]) => name);

/** Whether this process may install packages. */
export const mayInstall = () => existsSync("/etc/debian_version") && process.getuid?.() === 0;

/** Installs packages with apt; `run` answers an exit code. */
export async function install(names, run) {
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  const updated = await run("apt-get", ["update", "-qq"], quiet);
  if (updated !== 0) return updated;
  return run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], quiet);
}

/** Why the tests cannot run here, and what to do about it. */
export const howToInstall = (names) =>
  existsSync("/etc/debian_version")
    ? `The tests need ${names.join(", ")}, and only root may install them:\n  sudo apt-get install --no-install-recommends ${names.join(" ")}`
    : `The tests run against Ceph and against real S3 clients, which come from Debian's packages; missing here: ${names.join(", ")}.\nRun them on Debian 12, or in a container: docker run --rm -it -v "$PWD:/tintype" -w /tintype node:24-bookworm npm test`;
