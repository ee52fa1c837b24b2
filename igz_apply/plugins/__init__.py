"""What other packages add: kinds of resources. Whoever runs igz-apply installs them, and no config names one."""
