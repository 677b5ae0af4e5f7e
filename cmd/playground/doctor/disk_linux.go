package doctor

import "golang.org/x/sys/unix"

// statDisk asks what kind of file system a directory is on, and how much room it has.
func statDisk(dir string) (d disk, err error) {
	var is unix.Statfs_t
	if err := unix.Statfs(dir, &is); err != nil {
		return d, err
	}
	kinds := map[uint32]string{
		unix.TMPFS_MAGIC: "tmpfs", unix.RAMFS_MAGIC: "ramfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay",
		unix.NFS_SUPER_MAGIC: "NFS", unix.SMB_SUPER_MAGIC: "SMB", unix.SMB2_SUPER_MAGIC: "SMB", unix.CIFS_SUPER_MAGIC: "SMB",
		unix.V9FS_MAGIC: "9P", unix.FUSE_SUPER_MAGIC: "FUSE", unix.CEPH_SUPER_MAGIC: "Ceph",
	}
	size := uint64(is.Bsize)
	return disk{kinds[uint32(is.Type)], uint64(is.Bavail) * size, uint64(is.Blocks) * size}, nil
}
