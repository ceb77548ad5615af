/** SHA-256 of bytes, in lowercase hexadecimal. Node's own, loaded on first use: a plan is most often made without. */
export function sha256Hex(bytes: Uint8Array): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");
}
