import { DeadEnd } from "./_ui/dead-end.tsx";

export default function Forbidden() {
  return <DeadEnd kind="forbidden" />;
}
