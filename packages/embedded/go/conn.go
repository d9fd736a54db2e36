// Connections that JavaScript owns. Bytes cross by three imported functions; JavaScript wakes who waits. What a connection hands on
// is whole requests that can be read: the broker behind it believes whatever a frame says of itself.

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The most that JavaScript copied into p; 0 when nothing is there yet, -1 when nothing will come any more.
//
//go:wasmimport embedded read
func hostRead(conn int32, p unsafe.Pointer, n int32) int32

// All of it is taken: 1; taken, but more should wait until it is drained: 0; the connection is gone: -1.
//
//go:wasmimport embedded write
func hostWrite(conn int32, p unsafe.Pointer, n int32) int32

//go:wasmimport embedded close
func hostClose(conn int32)

// As a broker's own socket.request.max.bytes.
const largestRequest = 100 << 20

// A request without a client's name: key, version, correlation id, length of the name.
const smallestRequest = 10

type conn struct {
	id     int32
	local  *net.TCPAddr
	remote *net.TCPAddr
	log    func(level, line string)

	readable chan struct{}
	drained  chan struct{}
	once     sync.Once
	closed   chan struct{}

	frame []byte // what is still to be handed on of the current request
}

func newConn(id int32, port, remotePort int, log func(level, line string)) *conn {
	loopback := net.IPv4(127, 0, 0, 1)
	return &conn{
		id:       id,
		local:    &net.TCPAddr{IP: loopback, Port: port},
		remote:   &net.TCPAddr{IP: loopback, Port: remotePort},
		log:      log,
		readable: make(chan struct{}, 1),
		drained:  make(chan struct{}, 1),
		closed:   make(chan struct{}),
	}
}

func (c *conn) Read(p []byte) (int, error) {
	if len(c.frame) == 0 {
		if err := c.next(); err != nil {
			var bad badRequest
			if errors.As(err, &bad) {
				c.log("warn", fmt.Sprintf("closed a connection from port %d: %s", c.remote.Port, bad))
				c.Close()
			}
			return 0, io.EOF
		}
	}
	n := copy(p, c.frame)
	c.frame = c.frame[n:]
	return n, nil
}

type badRequest string

func (b badRequest) Error() string { return string(b) }

// Reads the next request whole and looks at it. Grows with what has come, not with what is announced.
func (c *conn) next() error {
	frame := make([]byte, 4, 512)
	if err := c.fill(frame); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(frame)
	if size < smallestRequest || size > largestRequest {
		return badRequest(fmt.Sprintf("what it sent is no Kafka request (a length of %d bytes)", size))
	}
	for left := int(size); left > 0; {
		n := min(left, max(len(frame), 512))
		from := len(frame)
		frame = append(frame, make([]byte, n)...)
		if err := c.fill(frame[from:]); err != nil {
			return err
		}
		left -= n
	}
	if err := readable(frame[4:]); err != nil {
		return err
	}
	c.frame = frame
	return nil
}

// Whether the broker can read this request: an unknown one would end the program.
func readable(body []byte) (err error) {
	reader := kbin.Reader{Src: body}
	key, version := reader.Int16(), reader.Int16()
	defer func() {
		if r := recover(); r != nil {
			err = badRequest(fmt.Sprintf("its request %s v%d cannot be read: %v", nameOf(key), version, r))
		}
	}()
	request := kmsg.RequestForKey(key)
	if request == nil {
		return badRequest(fmt.Sprintf("it sent a request of an unknown kind (%d)", key))
	}
	if version < 0 {
		return badRequest(fmt.Sprintf("it sent %s in version %d", nameOf(key), version))
	}
	reader.Int32()
	reader.NullableString()
	request.SetVersion(version)
	if request.IsFlexible() {
		kmsg.SkipTags(&reader)
	}
	if !reader.Ok() {
		return badRequest(fmt.Sprintf("its request %s v%d is cut short", nameOf(key), version))
	}
	if err := request.ReadFrom(reader.Src); err != nil {
		return badRequest(fmt.Sprintf("its request %s v%d cannot be read: %v", nameOf(key), version, err))
	}
	return bearable(request)
}

// More partitions than fit into its memory would end the program.
const mostPartitions = 10_000

func bearable(request kmsg.Request) error {
	most := int32(0)
	switch request := request.(type) {
	case *kmsg.CreateTopicsRequest:
		for _, topic := range request.Topics {
			most = max(most, topic.NumPartitions)
		}
	case *kmsg.CreatePartitionsRequest:
		for _, topic := range request.Topics {
			most = max(most, topic.Count)
		}
	}
	if most > mostPartitions {
		return badRequest(fmt.Sprintf("it asks for a topic of %d partitions; %d are the most here", most, mostPartitions))
	}
	return nil
}

func nameOf(key int16) string {
	if request := kmsg.RequestForKey(key); request != nil {
		return kmsg.NameForKey(key)
	}
	return fmt.Sprint(key)
}

func (c *conn) fill(p []byte) error {
	for len(p) > 0 {
		n := hostRead(c.id, unsafe.Pointer(&p[0]), int32(len(p)))
		if n < 0 {
			return io.EOF
		}
		p = p[n:]
		if n > 0 {
			continue
		}
		select {
		case <-c.readable:
		case <-c.closed:
			return net.ErrClosed
		}
	}
	return nil
}

func (c *conn) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	switch hostWrite(c.id, unsafe.Pointer(&p[0]), int32(len(p))) {
	case -1:
		return 0, net.ErrClosed
	case 0:
		select {
		case <-c.drained:
		case <-c.closed:
			return 0, net.ErrClosed
		}
	}
	return len(p), nil
}

func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		hostClose(c.id)
		forget(c.id)
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr              { return c.local }
func (c *conn) RemoteAddr() net.Addr             { return c.remote }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
