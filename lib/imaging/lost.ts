/** A decoder ended in the middle of a picture, and nobody here had told it to. */
export class DecoderLost extends Error {
  /**
   * It was killed from outside, as a machine does that is short of memory, or was given no time to work. Whether this
   * picture brought that about or another that was decoded beside it, nobody can tell.
   */
  readonly byMachine: boolean;

  constructor(message: string, { byMachine, cause }: { byMachine: boolean; cause?: unknown }) {
    super(message, { cause });
    this.byMachine = byMachine;
  }
}
/** None could be started: no memory, no processes left, an update under way. No picture's fault. */
export class DecoderMissing extends Error {}
