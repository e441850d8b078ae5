// See the root layout: nothing can be made before it is asked for.
export const instant = false;

export default function NoModal() {
  return null;
}
