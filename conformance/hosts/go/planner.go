package main

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Planner is planner.wasm under wazero: docs/planner-abi.md in Go.
type Planner struct {
	ctx    context.Context
	module api.Module
}

// Refusal is the planner's error record.
type Refusal struct {
	Code, Axis int32
	Got, Limit int64
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("error %d, axis %d, got %d, limit %d", r.Code, r.Axis, r.Got, r.Limit)
}

// NewPlanner instantiates the module, which imports nothing.
func NewPlanner(ctx context.Context, wasm []byte) (*Planner, error) {
	module, err := wazero.NewRuntime(ctx).Instantiate(ctx, wasm)
	return &Planner{ctx, module}, err
}

// Constant reads an exported global.
func (p *Planner) Constant(name string) int32 {
	global := p.module.ExportedGlobal(name)
	if global == nil {
		return -1
	}
	return int32(global.Get())
}

// Call returns a copy of the result, or a Refusal. The arguments of "plan" are the fields of its request.
func (p *Planner) Call(name string, arguments []int32) ([]byte, error) {
	if name == "plan" {
		if err := p.writeRequest(arguments); err != nil {
			return nil, err
		}
		arguments = nil
	}
	size, err := p.invoke(name, arguments...)
	if err != nil {
		return nil, err
	}
	if size < 0 {
		return nil, p.refusal()
	}
	return p.read("result_ptr", size)
}

// AxisOf returns the records and the masks of one axis of a plan block.
func (p *Planner) AxisOf(block []byte, axis int32) []byte {
	header := p.Constant("PLAN_AXES") + axis*p.Constant("AXIS_HEADER_BYTES")
	field := func(at int32) uint32 { return binary.LittleEndian.Uint32(block[header+at:]) }
	records, masks, maskBytes := field(8), field(12), field(16)
	return block[records : masks+maskBytes]
}

func (p *Planner) writeRequest(fields []int32) error {
	if size := p.Constant("REQUEST_BYTES"); int(size) != 4*len(fields) {
		return fmt.Errorf("a request has %d bytes, the vectors give %d", size, 4*len(fields))
	}
	at, err := p.invoke("request_ptr")
	for i, field := range fields {
		p.module.Memory().WriteUint32Le(uint32(at)+4*uint32(i), uint32(field))
	}
	return err
}

func (p *Planner) refusal() error {
	record, err := p.read("error_ptr", p.Constant("ERROR_BYTES"))
	if err != nil {
		return err
	}
	word := binary.LittleEndian.Uint32
	long := binary.LittleEndian.Uint64
	return &Refusal{int32(word(record)), int32(word(record[4:])), int64(long(record[8:])), int64(long(record[16:]))}
}

// read copies what lies at the address that a function gives: the next call overwrites it.
func (p *Planner) read(pointer string, size int32) ([]byte, error) {
	at, err := p.invoke(pointer)
	if err != nil {
		return nil, err
	}
	view, isInside := p.module.Memory().Read(uint32(at), uint32(size))
	if !isInside {
		return nil, fmt.Errorf("%s: %d bytes at %d lie outside the memory", pointer, size, at)
	}
	return append([]byte{}, view...), nil
}

func (p *Planner) invoke(name string, arguments ...int32) (int32, error) {
	values := make([]uint64, len(arguments))
	for i, argument := range arguments {
		values[i] = api.EncodeI32(argument)
	}
	results, err := p.module.ExportedFunction(name).Call(p.ctx, values...)
	if err != nil {
		return 0, err
	}
	return api.DecodeI32(results[0]), nil
}
