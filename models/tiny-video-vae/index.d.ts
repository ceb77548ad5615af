/** The model's name, as `tileblend encode` writes it into the metadata of latents. */
export declare const name: "tiny-video-vae";

/** How latents map to frames and pixels: LTX's. Fits tileblend's `Geometry`. */
export declare const geometry: {
  readonly temporalScale: 8;
  readonly heightScale: 32;
  readonly widthScale: 32;
  readonly causal: true;
  readonly latentChannels: 128;
};

/** How far the decoder looks beyond a cell (latent cells): in time before and after it, in space each way. */
export declare const contextCells: {
  readonly frames: { readonly before: number; readonly after: 0 };
  readonly height: number;
  readonly width: number;
};

/** Path of the decoder: latents (B, 128, F, H, W) to video (B, 3, 1 + 8(F - 1), 32H, 32W), about -1 to 1. */
export declare const decoderFile: string;

/** Path of the encoder: video (B, 3, 1 + 8k, height, width), -1 to 1, sides multiples of 32, to latents. */
export declare const encoderFile: string;
