/** A start that cannot go on, told in one sentence to the person who started it. Never shown with a stack. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
