import { DeadEnd } from "./_ui/dead-end.tsx";

export default function Unauthorized() {
  return <DeadEnd kind="unauthorized" />;
}
