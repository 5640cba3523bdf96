import { Component, type ComponentType, type FunctionComponent, h } from "preact";

/** A component that is drawn again only when `same` says that its properties differ. */
export function memo<Props extends object>(
  draw: FunctionComponent<Props>,
  same: (before: Props, after: Props) => boolean,
): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !same(this.props as Props, next as Props);
    }
    override render() {
      return h(draw, this.props as Props);
    }
  };
}
