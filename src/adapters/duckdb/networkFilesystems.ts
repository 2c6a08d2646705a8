/**
 * `f_type` of statfs(2) on Linux for file systems whose locks do not reliably reach whoever else has the file open: from
 * linux/magic.h and the drivers of those that are not listed there.
 *
 * FUSE is among them, sshfs and a plain local driver alike (statfs does not tell them apart), and so are 9p and virtiofs
 * (which reports FUSE): the shares of Docker Desktop and of WSL cross into a virtual machine, and whether the lock crosses
 * with them is not established (contract, 1.3).
 */
const NETWORK_MAGIC: ReadonlySet<bigint> = new Set([
  0x6969n, // NFS
  0x517bn, // SMB
  0xff534d42n, // CIFS
  0xfe534d42n, // SMB2
  0x01021997n, // 9p
  0x5346414fn, // AFS (OpenAFS)
  0x6b414653n, // AFS (kAFS)
  0x00c36400n, // Ceph
  0x73757245n, // Coda
  0x0bd00bd0n, // Lustre
  0x47504653n, // GPFS
  0x01161970n, // GFS2
  0x7461636fn, // OCFS2
  0x65735546n, // FUSE, virtiofs
  0x786f4256n, // VirtualBox shared folder
  0xbacbacbcn, // VMware shared folder
]);

/** Whether a Linux file system is of a kind that we only read from. */
export function isNetworkFilesystem(type: bigint): boolean {
  // Some of the numbers fill 32 bits, and come back negative where the field is signed.
  return NETWORK_MAGIC.has(BigInt.asUintN(32, type));
}

/** Whether a Windows realpath is on another machine: a mapped drive resolves to its UNC path. */
export function isUncPath(path: string): boolean {
  return /^(?:\\\\|\/\/)(?![?.][\\/](?!UNC[\\/]))/i.test(path);
}
