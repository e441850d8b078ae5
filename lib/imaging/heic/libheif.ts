/** The few functions of libheif-js that are used here; its own declarations leave most of them untyped. */
declare const context: unique symbol;
declare const handle: unique symbol;
declare const constant: unique symbol;
type Context = { [context]: true };
type Handle = { [handle]: true };
type Constant = { [constant]: true };
type Status = { code: Constant; message: string };
type Plane = { width: number; height: number; stride: number; data: Uint8Array };

export type Libheif = {
  heif_error_Ok: Constant;
  heif_colorspace_RGB: Constant;
  heif_chroma_interleaved_RGB: Constant;
  heif_chroma_interleaved_RGBA: Constant;
  heif_context_alloc(): Context;
  heif_context_read_from_memory(context: Context, original: Uint8Array): Status;
  heif_js_context_get_primary_image_handle(context: Context): Handle | Status | undefined;
  heif_image_handle_has_alpha_channel(handle: Handle): number;
  heif_js_decode_image2(
    handle: Handle,
    colorspace: Constant,
    chroma: Constant,
  ): { channels: Plane[] } | Status;
};

/** What the decoding process says on standard error before it gives up. */
export type Failure = { message: string /** Its limit of memory was the reason. */; memory: boolean };
