/** Imported before sharp: libvips reads this once, when it starts, and then blocks the loaders it does not trust. */
process.env.VIPS_BLOCK_UNTRUSTED = "1";
