// Runs the conformance kit on planner.wasm under wazero.
//
// Usage: conformance planner.wasm vectors.json
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

var suiteNames = []string{"plans", "axes", "masks", "splits", "slices", "tilings", "rejections"}

type vectors struct {
	PlanVersion int32
	Suites      map[string]json.RawMessage
}

// call is one case: a call and its result as values, as a digest, or as an error.
type call struct {
	Call      string
	Arguments []int32
	Axis      *int32
	Int32     []int32
	Float32   []byte // base64 in the file
	Bytes     int
	Sha256    string
	Error     *struct {
		Refusal
		Name string
	}
}

type suite struct {
	Passed          int     `json:"passed"`
	Failed          int     `json:"failed"`
	Skipped         int     `json:"skipped"`
	FirstDifference *string `json:"firstDifference"`
}

// check returns what differs, or "".
func check(planner *Planner, c call) string {
	result, err := planner.Call(c.Call, c.Arguments)
	if c.Error != nil {
		refusal, isRefusal := err.(*Refusal)
		if !isRefusal || *refusal != c.Error.Refusal || planner.Constant(c.Error.Name) != refusal.Code {
			return fmt.Sprintf("expected %s: %v, got %v", c.Error.Name, c.Error.Refusal, err)
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	if c.Axis != nil {
		result = planner.AxisOf(result, *c.Axis)
	}
	if c.Sha256 != "" {
		digest := sha256.Sum256(result)
		if got := hex.EncodeToString(digest[:]); len(result) != c.Bytes || got != c.Sha256 {
			return fmt.Sprintf("expected %d bytes of %s, got %d of %s", c.Bytes, c.Sha256, len(result), got)
		}
		return ""
	}
	expected := binaryOf(c)
	if !bytes.Equal(result, expected) {
		return fmt.Sprintf("expected %x, got %x", expected, result)
	}
	return ""
}

func binaryOf(c call) []byte {
	var expected []byte
	for _, value := range c.Int32 {
		expected = binary.LittleEndian.AppendUint32(expected, uint32(value))
	}
	return append(expected, c.Float32...)
}

func runSuite(planner *Planner, cases []call) suite {
	result := suite{}
	for _, c := range cases {
		difference := check(planner, c)
		if difference == "" {
			result.Passed++
			continue
		}
		result.Failed++
		if result.FirstDifference == nil {
			text := fmt.Sprintf("%s%v: %s", c.Call, c.Arguments, difference)
			result.FirstDifference = &text
		}
	}
	return result
}

func wazeroVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if strings.HasSuffix(module.Path, "/wazero") {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "of unknown version"
}

func run() error {
	wasm, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		return err
	}
	var kit vectors
	if err := json.Unmarshal(text, &kit); err != nil {
		return err
	}
	planner, err := NewPlanner(context.Background(), wasm)
	if err != nil {
		return err
	}
	suites := map[string]suite{}
	for _, name := range suiteNames {
		var cases []call
		if err := json.Unmarshal(kit.Suites[name], &cases); err != nil {
			return err
		}
		suites[name] = runSuite(planner, cases)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"version": "Go " + strings.TrimPrefix(runtime.Version(), "go"),
		"engine":  "wazero " + wazeroVersion(),
		"suites":  suites,
	})
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
