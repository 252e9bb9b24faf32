// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/my-cnf/internal/testnet"
)

// process is a running CNF.
type process struct {
	t       *testing.T
	inside  *testnet.Namespace
	command *exec.Cmd
	stderr  *buffer
	ended   chan struct{}
	err     error
}

// identity is who the CNF runs as; the zero value is root with everything.
type identity struct {
	uid          uint32
	capabilities []uintptr
}

// launch starts the CNF in a namespace. It is killed when the test ends, and when the
// test process does.
func launch(t *testing.T, inside *testnet.Namespace, who identity, args ...string) *process {
	t.Helper()
	p := &process{t: t, inside: inside, stderr: &buffer{}, ended: make(chan struct{})}
	p.command = exec.Command(cnf, args...)
	p.command.Stderr = p.stderr
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, AmbientCaps: who.capabilities}
	if who.uid != 0 {
		p.command.SysProcAttr.Credential = &syscall.Credential{Uid: who.uid, Gid: who.uid}
	}

	started := make(chan error, 1)
	go inside.Do(func() error {
		// Pdeathsig counts the death of the thread that started the process, so this
		// one waits for its end.
		defer close(p.ended)
		err := p.command.Start()
		started <- err
		if err == nil {
			p.err = p.command.Wait()
		}
		return err
	})
	if err := <-started; err != nil {
		t.Fatalf("start the CNF: %v", err)
	}
	t.Cleanup(p.end)
	return p
}

// end makes sure that the process is gone, and shows its log if the test has failed.
func (p *process) end() {
	p.command.Process.Kill()
	<-p.ended
	if p.t.Failed() {
		p.t.Logf("log of %v:\n%s", p.command.Args[1:], p.log())
	}
}

// signal sends a signal and returns the exit code, -1 for a process that was killed.
func (p *process) signal(signal os.Signal) int {
	p.t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		p.t.Fatalf("send %s: %v", signal, err)
	}
	return p.wait()
}

func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(testnet.Patience):
		p.t.Fatalf("the CNF is still running after %s", testnet.Patience)
	}
	if exit := (*exec.ExitError)(nil); p.err != nil && !errors.As(p.err, &exit) {
		p.t.Fatalf("wait for the CNF: %v", p.err)
	}
	return p.command.ProcessState.ExitCode()
}

// stop ends the CNF as a service manager does.
func (p *process) stop() {
	p.t.Helper()
	if code := p.signal(syscall.SIGTERM); code != 0 {
		p.t.Fatalf("the CNF ended with exit code %d:\n%s", code, p.log())
	}
}

// kill leaves the CNF no chance to clean up.
func (p *process) kill() {
	p.t.Helper()
	p.signal(syscall.SIGKILL)
}

func (p *process) log() string { return p.stderr.String() }

// finish runs a command of the CNF to its end and returns its exit code and what it wrote to
// stdout and stderr.
func finish(t *testing.T, inside *testnet.Namespace, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var output buffer
	command := exec.Command(cnf, args...)
	command.Stdout = &output
	p := &process{t: t, inside: inside, command: command, stderr: &buffer{}, ended: make(chan struct{})}
	command.Stderr = p.stderr
	if err := inside.Do(command.Start); err != nil {
		t.Fatalf("start the CNF: %v", err)
	}
	go func() {
		p.err = command.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.end)
	code = p.wait()
	return code, output.String(), p.log()
}

// buffer may be written and read at the same time.
type buffer struct {
	mutex sync.Mutex
	bytes bytes.Buffer
}

func (b *buffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.bytes.Write(data)
}

func (b *buffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.bytes.String()
}
