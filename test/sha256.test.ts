import { expect } from "chai";
import { sha256Hex as node } from "#src/sha256.js";
import { sha256Hex as portable } from "#src/sha256_portable.js";

// FIPS 180-4's examples, from NIST's "SHA256" example file.
const KNOWN = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
] as const;

for (const [name, sha256Hex] of Object.entries({ node, portable })) {
  describe(`sha256Hex (${name})`, () => {
    for (const [text, digest] of KNOWN) {
      it(`of "${text}"`, () => expect(sha256Hex(new TextEncoder().encode(text))).to.equal(digest));
    }

    it("of a view takes its bytes alone", () => {
      const around = new TextEncoder().encode("xabcx");
      expect(sha256Hex(around.subarray(1, 4))).to.equal(KNOWN[1][1]);
    });
  });
}
