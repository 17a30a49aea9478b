"""Les instances : les composer, leurs sièges, celle qui succède à une autre."""
