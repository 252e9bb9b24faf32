// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
)

// File types and permissions as the kernel reads them from an archive.
const (
	modeDirectory = 0o040755
	modeProgram   = 0o100755
	modeData      = 0o100644
	modeDevice    = 0o020600
)

// archive writes cpio's "newc" format, from which the kernel fills its first
// root file system. The first error sticks and is returned by close.
type archive struct {
	out     *bufio.Writer
	size    int64
	inode   int
	folders map[string]bool
	err     error
}

func newArchive(out io.Writer) *archive {
	return &archive{out: bufio.NewWriterSize(out, 1<<20), folders: map[string]bool{".": true, "/": true}}
}

// directory adds a folder and those above it, once each.
func (a *archive) directory(name string) {
	if a.folders[name] {
		return
	}
	a.directory(path.Dir(name))
	a.folders[name] = true
	a.header(name, modeDirectory, 0, 0, 0)
}

// device adds a character device.
func (a *archive) device(name string, major, minor int) {
	a.directory(path.Dir(name))
	a.header(name, modeDevice, 0, major, minor)
}

// file adds a file with the given content.
func (a *archive) file(name string, mode int, content []byte) {
	a.directory(path.Dir(name))
	a.header(name, mode, int64(len(content)), 0, 0)
	a.write(content)
	a.pad()
}

// copy adds a file of the host.
func (a *archive) copy(name string, mode int, source string) {
	if a.err != nil {
		return
	}
	in, err := os.Open(source)
	if err != nil {
		a.err = err
		return
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		a.err = err
		return
	}

	a.directory(path.Dir(name))
	a.header(name, mode, info.Size(), 0, 0)
	n, err := io.Copy(a.out, in)
	a.size += n
	if a.err == nil && err != nil {
		a.err = fmt.Errorf("copy %s: %w", source, err)
	}
	if a.err == nil && n != info.Size() {
		a.err = fmt.Errorf("copy %s: %d bytes instead of %d", source, n, info.Size())
	}
	a.pad()
}

// close ends the archive.
func (a *archive) close() error {
	a.header("TRAILER!!!", 0, 0, 0, 0)
	if a.err != nil {
		return a.err
	}
	return a.out.Flush()
}

// header writes an entry's header: fields of eight hexadecimal digits, then the
// name. Header and content each end on a multiple of four bytes.
func (a *archive) header(name string, mode int, size int64, major, minor int) {
	a.inode++
	fields := []int64{
		int64(a.inode), int64(mode), 0, 0, 1, 0, size,
		0, 0, int64(major), int64(minor), int64(len(name) + 1), 0,
	}
	a.write([]byte("070701"))
	for _, field := range fields {
		a.write(fmt.Appendf(nil, "%08x", field))
	}
	a.write(append([]byte(name), 0))
	a.pad()
}

func (a *archive) pad() {
	if rest := a.size % 4; rest != 0 {
		a.write(make([]byte, 4-rest))
	}
}

func (a *archive) write(content []byte) {
	if a.err != nil {
		return
	}
	n, err := a.out.Write(content)
	a.size += int64(n)
	a.err = err
}
